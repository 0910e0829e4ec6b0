#define _GNU_SOURCE
#include "threads.h"

#include <pthread.h>

struct work {
  void (*body)(void *);
  void *argument;
};

static void *run(void *argument) {
  struct work *work = argument;
  work->body(work->argument);
  return NULL;
}

int reach_run_thread(size_t stack_size, void (*body)(void *), void *argument) {
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  // A size that does not suit leaves the usual one.
  (void)pthread_attr_setstacksize(&attributes, stack_size);
  // On this stack: the thread has ended before it is left.
  struct work work = {body, argument};
  pthread_t thread;
  error = pthread_create(&thread, &attributes, run, &work);
  pthread_attr_destroy(&attributes);
  if (error != 0) return error;
  return pthread_join(thread, NULL);
}
