/* Linked with an instrumented core.c by build.rs, never shipped: parses one text the way the engine
 * does, so that the compiler learns which branches a parse takes. */
#include "core.h"

#include <stdlib.h>

__attribute__((visibility("default"))) int cg_train(const TSLanguage *language, const uint8_t *source, uint32_t length) {
  uint32_t symbols = cg_symbol_count(language), stride = cg_field_stride(language);
  uint16_t *public_symbols = calloc(symbols, sizeof(uint16_t));
  uint16_t *fields = calloc((size_t)cg_production_count(language) * stride + 1, sizeof(uint16_t));
  uint8_t *actions = calloc(symbols + 1u, 1);
  CgArena *arena = cg_arena_new((size_t)1 << 28);
  int status = CG_MEMORY;
  if (public_symbols && fields && actions && arena) {
    for (uint32_t symbol = 0; symbol < symbols; symbol++) {
      public_symbols[symbol] = cg_public_symbol(language, (uint16_t)symbol);
      actions[symbol] = cg_symbol_type(language, (uint16_t)symbol) == 0 ? CG_RECORD : CG_DROP;
    }
    actions[symbols] = CG_RECORD;
    cg_field_table(language, stride, fields);
    CgGrammar grammar = {language, actions, public_symbols, fields, stride, symbols};
    CgTree tree;
    status = cg_parse(arena, &grammar, source, length, 0, NULL, NULL, &tree);
  }
  if (arena) cg_arena_delete(arena);
  free(actions);
  free(fields);
  free(public_symbols);
  return status;
}
