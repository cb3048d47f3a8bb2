/*
 * A user who races: in a folder of the user's own, names are exchanged for links to what is root's at every system call that can be
 * seen from there (inotify), or all the time. Started by race.test.ts with that user's rights; ends by itself.
 *
 *   racer FOLDER FILE TREE SEED SECONDS      FILE and TREE: where the links lead; an odd seed: all the time
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *folder, *file, *tree;
static char aside[4200];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

/* The name and a link change places; the next time they change back. */
static void exchange(const char *path) {
  struct stat st;
  if (lstat(path, &st) != 0) return;
  unlink(aside);
  if (S_ISLNK(st.st_mode)) {
    /* Whatever was there before lies beside it. */
    char former[4400];
    snprintf(former, sizeof former, "%s.former", path);
    if (lstat(former, &st) == 0) renameat2(AT_FDCWD, former, AT_FDCWD, path, RENAME_EXCHANGE), unlink(former);
    return;
  }
  char former[4400];
  snprintf(former, sizeof former, "%s.former", path);
  if (symlink(S_ISDIR(st.st_mode) ? tree : file, former) != 0) return;
  renameat2(AT_FDCWD, former, AT_FDCWD, path, RENAME_EXCHANGE);
}

static void exchange_one_of(const char *in) {
  DIR *dir = opendir(in);
  if (!dir) return;
  char names[64][256];
  int count = 0;
  for (struct dirent *one; count < 64 && (one = readdir(dir));) {
    size_t length = strlen(one->d_name);
    if (!strcmp(one->d_name, ".") || !strcmp(one->d_name, "..")) continue;
    if (length > 7 && !strcmp(one->d_name + length - 7, ".former")) continue;
    snprintf(names[count++], 256, "%s", one->d_name);
  }
  closedir(dir);
  if (count == 0) return;
  char path[4400];
  snprintf(path, sizeof path, "%s/%s", in, names[rand() % count]);
  exchange(path);
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  folder = argv[1], file = argv[2], tree = argv[3];
  unsigned seed = atoi(argv[4]);
  double end = now() + atof(argv[5]);
  srand(seed);
  snprintf(aside, sizeof aside, "%s.aside", folder);
  int watch = inotify_init1(IN_NONBLOCK);
  inotify_add_watch(watch, folder, IN_ALL_EVENTS);
  puts("ready");
  fflush(stdout);
  while (now() < end) {
    if (seed % 2 == 1) {
      if (rand() % 8 == 0) exchange(folder);
      else exchange_one_of(folder);
      if (rand() % 4 == 0) usleep(rand() % 3000);
      continue;
    }
    struct pollfd ready = {.fd = watch, .events = POLLIN};
    if (poll(&ready, 1, 20) <= 0) continue;
    char buffer[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t length = read(watch, buffer, sizeof buffer);
    for (char *at = buffer; length > 0 && at < buffer + length;) {
      struct inotify_event *event = (struct inotify_event *)at;
      at += sizeof *event + event->len;
      /* Its own exchanges are seen as well. */
      if (event->mask & (IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF)) continue;
      if (event->len > 0 && strstr(event->name, ".former")) continue;
      if (rand() % 3 == 0) continue;
      if (event->len == 0 || rand() % 6 == 0) {
        exchange(folder);
      } else {
        char path[4400];
        snprintf(path, sizeof path, "%s/%s", folder, event->name);
        exchange(path);
      }
    }
  }
  return 0;
}
