/* The C side of the engine: tree-sitter's core on a bump arena, and the flattening of a tree into
 * an array of records. Everything here is per arena and single-threaded; see core.c. */
#ifndef CODEGRAPH_CORE_H_
#define CODEGRAPH_CORE_H_

#include <stddef.h>
#include <stdint.h>

#include "tree_sitter/api.h"

/* What to do with a visible node of a symbol (CgGrammar.actions). */
enum { CG_DROP = 0, CG_RECORD = 1, CG_LEAF = 2 };

/* Outcomes of cg_parse. */
enum { CG_OK = 0, CG_CANCELLED = 1, CG_MEMORY = 2, CG_LANGUAGE = 3 };

/* CgRecord.flags: the parser invented this token; visible children, at most 3. */
#define CG_MISSING 0x8000u
#define CG_CHILDREN 0x0003u

/* One visible node, in preorder. `next` is the index just past the node's subtree. */
typedef struct {
  uint32_t start_byte;
  uint32_t end_byte;
  uint32_t next;
  uint16_t symbol; /* public symbol; CgGrammar.symbol_count stands for ERROR */
  uint16_t field;  /* field id or 0 */
  uint16_t parent; /* symbol of the visible parent; the root has its own */
  uint16_t flags;
} CgRecord;

/* Tables of one grammar that flattening reads; owned by the caller. */
typedef struct {
  const TSLanguage *language;
  const uint8_t *actions;         /* by public symbol, symbol_count + 1 entries (ERROR is the last) */
  const uint16_t *public_symbols; /* by symbol */
  const uint16_t *fields;         /* by production and structural child: field id that is not inherited */
  uint32_t field_stride;
  uint32_t symbol_count;
  const uint8_t *more_actions;    /* a second table of actions, or NULL: the tree is flattened by it as well */
} CgGrammar;

typedef struct {
  const CgRecord *records; /* in the arena: valid until its next use */
  uint32_t record_count;
  uint32_t error_count; /* visible ERROR and MISSING nodes */
  uint32_t first_error_start; /* bytes of the first of them in preorder */
  uint32_t first_error_end;
  uint64_t arena_bytes;
  uint64_t flatten_ns; /* CPU time of this thread after the parse itself; 0 without such a clock */
  const CgRecord *more_records; /* what more_actions gives */
  uint32_t more_record_count;
} CgTree;

typedef struct CgArena CgArena;
typedef bool (*CgStop)(void *context);

/* The unit is compiled as a whole program, so that the core's functions can be inlined into each other;
 * these alone are called from outside. */
#if defined(__GNUC__) && !defined(__clang__)
#define CG_API __attribute__((externally_visible))
#else
#define CG_API
#endif

CG_API CgArena *cg_arena_new(size_t budget_bytes);
CG_API void cg_arena_delete(CgArena *arena);
CG_API int cg_parse(
  CgArena *arena, const CgGrammar *grammar, const uint8_t *source, uint32_t length,
  uint32_t encoding, CgStop stop, void *stop_context, CgTree *tree
);
CG_API uint32_t cg_field_stride(const TSLanguage *language);
CG_API void cg_field_table(const TSLanguage *language, uint32_t stride, uint16_t *fields);
CG_API uint32_t cg_production_count(const TSLanguage *language);
CG_API uint16_t cg_public_symbol(const TSLanguage *language, uint16_t symbol);
CG_API uint32_t cg_abi_version(const TSLanguage *language);
CG_API uint32_t cg_symbol_count(const TSLanguage *language);
CG_API const char *cg_symbol_name(const TSLanguage *language, uint16_t symbol);
CG_API uint32_t cg_symbol_type(const TSLanguage *language, uint16_t symbol);
CG_API uint32_t cg_field_count(const TSLanguage *language);
CG_API const char *cg_field_name(const TSLanguage *language, uint16_t field);

#endif
