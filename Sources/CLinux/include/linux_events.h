#pragma once

// epoll(7) and eventfd(2), which the Glibc module leaves out.
#include <sys/epoll.h>
#include <sys/eventfd.h>
