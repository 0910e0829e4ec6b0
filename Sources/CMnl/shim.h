#pragma once
// The C library's types shall belong to its own module, not to this one: files of Kernel that use
// them would otherwise have to import this module as well (MemberImportVisibility).
#pragma clang module import SwiftGlibc
#include <libmnl/libmnl.h>
