/* The floor P: what tree-sitter's own core needs to parse and delete, and nothing else.
 *
 * One thread, libc malloc. Compiled by floor.py with the vendored core's sources, unmodified; a
 * library and not a program because wheels export their grammar as a Python capsule only. */
#include <stdint.h>
#include <time.h>

#include "alloc.c"
#include "get_changed_ranges.c"
#include "language.c"
#include "lexer.c"
#include "node.c"
#include "parser.c"
#include "point.c"
#include "stack.c"
#include "subtree.c"
#include "tree_cursor.c"
#include "tree.c"
#include "wasm_store.c"

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Parse and delete every source, in order; return the CPU seconds, or a negative number. */
TS_PUBLIC double floor_seconds(const TSLanguage *language, const char **sources, const uint32_t *lengths, size_t count) {
  TSParser *parser = ts_parser_new();
  if (!ts_parser_set_language(parser, language)) return -1.0;
  double start = cpu_seconds();
  for (size_t i = 0; i < count; i++) {
    TSTree *tree = ts_parser_parse_string(parser, NULL, sources[i], lengths[i]);
    if (!tree) return -2.0;
    ts_tree_delete(tree);
  }
  double seconds = cpu_seconds() - start;
  ts_parser_delete(parser);
  return seconds;
}
