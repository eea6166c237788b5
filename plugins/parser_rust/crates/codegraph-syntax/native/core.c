/* tree-sitter's core (vendor/tree-sitter, unmodified) compiled as one unit with these substitutions:
 *
 * - its allocator is a bump arena that is reset before each file: no
 *   tree is ever walked to delete it, and running out of memory unwinds with longjmp instead of
 *   aborting the process;
 * - freed small blocks go to lists by size, from which the next allocations take them, still cached;
 * - its reference counts are plain integers: an arena, and every tree in it, belongs to one thread;
 * - a step in the text from one byte of ASCII to the next, the end of a token, and taking subtrees off a stack where
 *   one way leads down have shorter ways to the same outcome;
 * - the hidden nodes of lists are left as they grew, out of balance.
 *
 * The tree of a text is the same, but for such hidden nodes. All are safe because no tree leaves cg_parse: it flattens
 * the tree into records, which are data, and in which hidden nodes have no part.
 */
#include "core.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

/* ---- arena ---- */

typedef struct CgChunk {
  struct CgChunk *previous;
  size_t size; /* usable bytes after this header */
} CgChunk;

enum {
  CG_HEADER = 8,                   /* size of the allocation, in front of it */
  CG_SMALL = 512,                  /* freed blocks up to this size are used again, still in the cache */
  CG_FIRST_CHUNK = 1 << 20,        /* kept between files */
  CG_LARGEST_STEP = 64 << 20,
  CG_KEEP_BYTES = 16 << 20,        /* a chunk up to this size is kept between files, */
  CG_IDLE_BYTES = 4 << 20,         /* and of what a file took beyond this its pages are not */
};

struct CgArena {
  char *top;
  char *limit;
  CgChunk *chunk; /* newest */
  size_t held_bytes;
  size_t budget_bytes;
  jmp_buf exhausted;
  void *free_lists[CG_SMALL / 8 + 1]; /* by size: freed blocks, linked through their first word */
};

#if defined(__GNUC__) && defined(__linux__) && defined(__GLIBC__)
/* One pointer fits the static TLS surplus that glibc keeps for libraries opened at run time. */
static _Thread_local CgArena *cg_current __attribute__((tls_model("initial-exec")));
#elif defined(_MSC_VER)
static __declspec(thread) CgArena *cg_current;
#else
static _Thread_local CgArena *cg_current;
#endif

#if defined(__GNUC__)
#define CG_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define CG_COLD __attribute__((noinline, cold))
#define CG_INLINE static inline __attribute__((always_inline))
#define CG_PREFETCH(address) __builtin_prefetch(address)
#else
#define CG_UNLIKELY(condition) (condition)
#define CG_COLD
#define CG_INLINE static inline
#define CG_PREFETCH(address) ((void)(address))
#endif

static bool cg_grow(CgArena *arena, size_t needed) {
  size_t size = arena->chunk ? arena->chunk->size * 2 : CG_FIRST_CHUNK;
  if (size > CG_LARGEST_STEP) size = CG_LARGEST_STEP;
  if (size < needed) size = needed;
  if (size > arena->budget_bytes - arena->held_bytes) return false;
  CgChunk *chunk = malloc(sizeof(CgChunk) + size);
  if (!chunk) return false;
  chunk->previous = arena->chunk;
  chunk->size = size;
  arena->chunk = chunk;
  arena->held_bytes += size;
  arena->top = (char *)(chunk + 1);
  arena->limit = arena->top + size;
  return true;
}

static CG_COLD void *cg_malloc_slow(CgArena *arena, size_t total) {
  if (!cg_grow(arena, total)) longjmp(arena->exhausted, 1);
  char *result = arena->top;
  arena->top += total;
  *(size_t *)result = total - CG_HEADER;
  return result + CG_HEADER;
}

CG_INLINE void *cg_malloc(size_t size) {
  CgArena *arena = cg_current;
  size_t rounded = (size + 7) & ~(size_t)7;
  if (rounded <= CG_SMALL) {
    void *freed = arena->free_lists[rounded / 8];
    if (freed) {
      arena->free_lists[rounded / 8] = *(void **)freed;
      return freed;
    }
  }
  size_t total = rounded + CG_HEADER;
  if (CG_UNLIKELY((size_t)(arena->limit - arena->top) < total)) return cg_malloc_slow(arena, total);
  char *result = arena->top;
  arena->top += total;
  *(size_t *)result = total - CG_HEADER;
  return result + CG_HEADER;
}

static void *cg_calloc(size_t count, size_t size) {
  void *result = cg_malloc(count * size);
  memset(result, 0, count * size);
  return result;
}

/* Small blocks are used again; of the others only the newest is taken back before the reset. */
CG_INLINE void cg_free(void *pointer) {
  if (!pointer) return;
  CgArena *arena = cg_current;
  size_t size = ((size_t *)pointer)[-1];
  if (size <= CG_SMALL) {
    if (size == 0) return;
    *(void **)pointer = arena->free_lists[size / 8];
    arena->free_lists[size / 8] = pointer;
  } else if ((char *)pointer + size == arena->top) {
    arena->top = (char *)pointer - CG_HEADER;
  }
}

static void *cg_realloc(void *pointer, size_t size) {
  if (!pointer) return cg_malloc(size);
  CgArena *arena = cg_current;
  size_t *old = (size_t *)pointer - 1;
  size_t rounded = (size + 7) & ~(size_t)7;
  if (rounded <= *old) return pointer;
  if ((char *)pointer + *old == arena->top && (size_t)(arena->limit - (char *)pointer) >= rounded) {
    *old = rounded;
    arena->top = (char *)pointer + rounded;
    return pointer;
  }
  void *result = cg_malloc(size);
  memcpy(result, pointer, *old);
  cg_free(pointer);
  return result;
}

/* Give the system the pages of the chunk that few files need; they are there again, empty, when one does. */
static void cg_idle(CgArena *arena) {
#if defined(__linux__)
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t from = ((uintptr_t)(arena->chunk + 1) + CG_IDLE_BYTES + page - 1) & ~(page - 1);
  uintptr_t to = (uintptr_t)arena->limit & ~(page - 1);
  if (from < to) madvise((void *)from, to - from, MADV_DONTNEED);
#else
  (void)arena;
#endif
}

/* Forget everything; keep one chunk, unless a huge file made it huge. */
static void cg_reset(CgArena *arena) {
  bool was_large = arena->chunk && (arena->chunk->previous || arena->top - (char *)(arena->chunk + 1) > CG_IDLE_BYTES);
  memset(arena->free_lists, 0, sizeof(arena->free_lists));
  while (arena->chunk && (arena->chunk->previous || arena->chunk->size > CG_KEEP_BYTES)) {
    CgChunk *oldest = arena->chunk;
    CgChunk *previous = oldest->previous;
    if (previous && oldest->size <= CG_KEEP_BYTES) {
      /* the newest is the largest that may stay: drop the older ones instead */
      oldest->previous = previous->previous;
      arena->held_bytes -= previous->size;
      free(previous);
      continue;
    }
    arena->chunk = previous;
    arena->held_bytes -= oldest->size;
    free(oldest);
  }
  if (arena->chunk) {
    arena->top = (char *)(arena->chunk + 1);
    arena->limit = arena->top + arena->chunk->size;
    if (was_large) cg_idle(arena);
  } else {
    arena->top = arena->limit = NULL;
  }
}

CgArena *cg_arena_new(size_t budget_bytes) {
  CgArena *arena = calloc(1, sizeof(CgArena));
  if (arena) arena->budget_bytes = budget_bytes;
  return arena;
}

void cg_arena_delete(CgArena *arena) {
  while (arena->chunk) {
    CgChunk *previous = arena->chunk->previous;
    free(arena->chunk);
    arena->chunk = previous;
  }
  free(arena);
}

#define ts_malloc cg_malloc
#define ts_calloc cg_calloc
#define ts_realloc cg_realloc
#define ts_free cg_free

/* Replaces vendor/tree-sitter/src/atomic.h. */
#define TREE_SITTER_ATOMIC_H_
static inline size_t atomic_load(const volatile size_t *p) { return *p; }
static inline uint32_t atomic_inc(volatile uint32_t *p) { return *p += 1; }
static inline uint32_t atomic_dec(volatile uint32_t *p) { return *p -= 1; }

void ts_set_allocator(
  void *(*new_malloc)(size_t), void *(*new_calloc)(size_t, size_t),
  void *(*new_realloc)(void *, size_t), void (*new_free)(void *)
) { (void)new_malloc; (void)new_calloc; (void)new_realloc; (void)new_free; }
#include "get_changed_ranges.c"
#include "language.c"
#include "lexer.c"
#include "node.c"
#include "parser.c"
#include "point.c"
#define ts_stack_pop_count cg_pop_count_of_many
#include "stack.c"
#undef ts_stack_pop_count
#include "subtree.c"
#include "tree_cursor.c"
#include "tree.c"
#include "wasm_store.c"

/* ---- shorter ways for what parses mostly do ---- */

/* As ts_lexer__advance: from one byte of ASCII or '\n' to the next. There is one range, and it is the whole text. */
static void cg_advance(TSLexer *lexer, bool skip) {
  Lexer *self = (Lexer *)lexer;
  uint32_t next = self->current_position.bytes - self->chunk_start + 1;
  if (self->lookahead_size == 1 && next < self->chunk_size && self->input.encoding == TSInputEncodingUTF8) {
    uint8_t byte = (uint8_t)self->chunk[next];
    if (byte < 0x80) {
      if (lexer->lookahead == '\n') {
        self->current_position.extent.row++;
        self->current_position.extent.column = 0;
        ts_lexer__set_column_data(self, 0);
      } else {
        self->current_position.extent.column++;
        ts_lexer__increment_column_data(self);
      }
      self->current_position.bytes++;
      if (skip) self->token_start_position = self->current_position;
      lexer->lookahead = byte;
      return;
    }
  }
  ts_lexer__advance(lexer, skip);
}

/* As ts_lexer__mark_end, of one range. */
static void cg_mark_end(TSLexer *lexer) {
  Lexer *self = (Lexer *)lexer;
  self->token_end_position = self->current_position;
}

/* Pop so many subtrees: where no two versions have met, one way leads down, and needs no iterators. */
StackSliceArray ts_stack_pop_count(Stack *self, StackVersion version, uint32_t count) {
  StackNode *top = array_get(&self->heads, version)->node;
  StackNode *node = top;
  uint32_t size = 0;
  for (uint32_t left = count; left > 0;) {
    if (node->link_count != 1) return cg_pop_count_of_many(self, version, count);
    StackLink link = node->links[0];
    size += link.subtree.ptr != NULL;
    left -= !link.subtree.ptr || !ts_subtree_extra(link.subtree);
    node = link.node;
  }
  SubtreeArray subtrees = array_new();
  array_reserve(&subtrees, (uint32_t)(ts_subtree_alloc_size(size) / sizeof(Subtree)));
  subtrees.size = size;
  for (StackNode *each = top; size > 0; each = each->links[0].node) {
    Subtree subtree = each->links[0].subtree;
    if (!subtree.ptr) continue;
    ts_subtree_retain(subtree);
    subtrees.contents[--size] = subtree;
  }
  array_clear(&self->slices);
  StackSlice slice = {subtrees, ts_stack__add_version(self, version, node)};
  array_push(&self->slices, slice);
  return self->slices;
}

/* ---- grammar tables ---- */

uint32_t cg_abi_version(const TSLanguage *language) { return ts_language_abi_version(language); }
uint32_t cg_symbol_count(const TSLanguage *language) { return ts_language_symbol_count(language); }
const char *cg_symbol_name(const TSLanguage *language, uint16_t symbol) {
  return ts_language_symbol_name(language, symbol);
}
uint32_t cg_symbol_type(const TSLanguage *language, uint16_t symbol) {
  return (uint32_t)ts_language_symbol_type(language, symbol);
}
uint32_t cg_field_count(const TSLanguage *language) { return ts_language_field_count(language); }
const char *cg_field_name(const TSLanguage *language, uint16_t field) {
  return ts_language_field_name_for_id(language, field);
}

uint32_t cg_production_count(const TSLanguage *language) {
  return language->field_count ? language->production_id_count : 0;
}

uint16_t cg_public_symbol(const TSLanguage *language, uint16_t symbol) {
  return ts_language_public_symbol(language, symbol);
}

uint32_t cg_field_stride(const TSLanguage *language) {
  uint32_t stride = 0;
  for (uint32_t production = 0; production < cg_production_count(language); production++) {
    const TSFieldMapEntry *entry, *end;
    ts_language_field_map(language, production, &entry, &end);
    for (; entry < end; entry++) {
      if (!entry->inherited && entry->child_index >= stride) stride = entry->child_index + 1u;
    }
  }
  return stride;
}

void cg_field_table(const TSLanguage *language, uint32_t stride, uint16_t *fields) {
  for (uint32_t production = 0; production < cg_production_count(language); production++) {
    const TSFieldMapEntry *entry, *end;
    ts_language_field_map(language, production, &entry, &end);
    for (; entry < end; entry++) {
      uint16_t *field = &fields[(size_t)production * stride + entry->child_index];
      /* like ts_tree_cursor_current_field_id: the first entry that is not inherited */
      if (!entry->inherited && *field == 0) *field = entry->field_id;
    }
  }
}

/* ---- flattening ---- */

typedef struct {
  const Subtree *child; /* next child */
  const Subtree *end;
  const TSSymbol *aliases;
  const uint16_t *fields;
  uint32_t byte;        /* where the next child's padding starts */
  uint32_t structural;
  uint32_t record;      /* the record whose `next` is set on the way up, or UINT32_MAX */
  uint16_t inherited;   /* field of the hidden node that we are in */
  uint16_t symbol;      /* of the visible node that we are in */
  bool muted;           /* inside a dropped node: only errors are counted */
} CgFrame;

static const uint16_t *cg_fields_of(const CgGrammar *grammar, uint32_t production) {
  return production && grammar->field_stride ? &grammar->fields[(size_t)production * grammar->field_stride] : NULL;
}

static void cg_flatten(const CgGrammar *grammar, Subtree root, CgTree *out) {
  Array(CgRecord) records = array_new();
  Array(CgFrame) frames = array_new();
  const TSLanguage *language = grammar->language;
  uint32_t errors = 0;
  /* Most visible nodes are anonymous tokens, which most tables drop. */
  array_reserve(&records, ts_subtree_visible_descendant_count(root) / 2 + 16);
  array_reserve(&frames, 64);

  /* A one-element list of children above the root makes the root an ordinary child. */
  CgFrame frame = {
    .child = &root, .end = &root + 1, .aliases = NULL, .fields = NULL, .byte = 0, .structural = 0,
    .record = UINT32_MAX, .inherited = 0, .symbol = 0, .muted = false,
  };
  for (;;) {
    if (frame.child == frame.end) {
      if (frame.record != UINT32_MAX) array_get(&records, frame.record)->next = records.size;
      if (frames.size == 0) break;
      frame = array_pop(&frames);
      continue;
    }
    Subtree node = *frame.child++;
    if (frame.child != frame.end && !frame.child->data.is_inline) CG_PREFETCH(frame.child->ptr);
    uint32_t padding, size, child_count;
    bool visible, extra, missing;
    TSSymbol symbol;
    if (node.data.is_inline) {
      padding = node.data.padding_bytes;
      size = node.data.size_bytes;
      visible = node.data.visible;
      extra = node.data.extra;
      missing = node.data.is_missing;
      symbol = node.data.symbol;
      child_count = 0;
    } else {
      const SubtreeHeapData *data = node.ptr;
      padding = data->padding.bytes;
      size = data->size.bytes;
      visible = data->visible;
      extra = data->extra;
      missing = data->is_missing;
      symbol = data->symbol;
      child_count = data->child_count;
    }
    uint32_t start = frame.byte + padding;
    frame.byte = start + size;
    uint16_t field = frame.inherited;
    if (extra) {
      field = 0;
    } else {
      if (frame.aliases && frame.aliases[frame.structural]) {
        symbol = frame.aliases[frame.structural];
        visible = true;
      }
      if (frame.fields && frame.structural < grammar->field_stride && frame.fields[frame.structural]) {
        field = frame.fields[frame.structural];
      }
      frame.structural++;
    }

    bool muted = frame.muted;
    uint32_t record = UINT32_MAX;
    uint16_t parent_symbol = frame.symbol;
    if (visible) {
      uint16_t public_symbol =
        symbol == ts_builtin_sym_error ? (uint16_t)grammar->symbol_count : grammar->public_symbols[symbol];
      parent_symbol = public_symbol;
      if (CG_UNLIKELY(missing || symbol == ts_builtin_sym_error)) {
        if (errors++ == 0) {
          out->first_error_start = start;
          out->first_error_end = start + size;
        }
      }
      uint8_t action = muted ? CG_DROP : grammar->actions[public_symbol];
      if (action != CG_DROP) {
        record = records.size;
        array_push(&records, ((CgRecord) {
          .start_byte = start, .end_byte = start + size, .next = record + 1,
          .symbol = public_symbol, .field = field, .parent = records.size ? frame.symbol : public_symbol,
          .flags = (uint16_t)((missing ? CG_MISSING : 0) | (child_count == 0 ? 0
            : node.ptr->visible_child_count > 3 ? 3 : node.ptr->visible_child_count)),
        }));
      }
      field = 0;
      if (action != CG_RECORD) {
        /* Nothing below it is recorded, but its errors count. */
        if (child_count == 0 || ts_subtree_error_cost(node) == 0) continue;
        muted = true;
      }
    }
    if (child_count == 0) continue;
    const Subtree *children = ts_subtree_children(node);
    uint32_t production = node.ptr->production_id;
    if (frame.child != frame.end || frame.record != UINT32_MAX) array_push(&frames, frame);
    frame = (CgFrame) {
      .child = children, .end = children + child_count,
      .aliases = ts_language_alias_sequence(language, production),
      .fields = cg_fields_of(grammar, production),
      .byte = start, .structural = 0, .record = record, .inherited = field,
      .symbol = parent_symbol, .muted = muted,
    };
    /* The first child's padding is part of the parent's own padding. */
    frame.byte = start - ts_subtree_padding(children[0]).bytes;
  }
  out->records = records.contents;
  out->record_count = records.size;
  out->error_count = errors;
}

/* ---- parsing ---- */

static uint64_t cg_thread_ns(void) {
#ifdef CLOCK_THREAD_CPUTIME_ID
  struct timespec now;
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0) {
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  }
#endif
  return 0;
}

typedef struct {
  const uint8_t *source;
  uint32_t length;
  TSParser *parser;
} CgSource;

static const char *cg_read(void *payload, uint32_t byte, TSPoint point, uint32_t *length) {
  (void)point;
  const CgSource *source = payload;
  /* Lists are chains of hidden nodes that the core puts in balance at last, for who edits the tree: a look at every
   * node of it. Told that it was interrupted in that, it goes on with what is left, which is nothing. */
  source->parser->canceled_balancing = true;
  if (byte >= source->length) {
    *length = 0;
    return "";
  }
  *length = source->length - byte;
  return (const char *)source->source + byte;
}

typedef struct {
  CgStop stop;
  void *context;
} CgProgress;

static bool cg_progress(TSParseState *state) {
  CgProgress *progress = state->payload;
  return progress->stop(progress->context);
}

int cg_parse(
  CgArena *arena, const CgGrammar *grammar, const uint8_t *source, uint32_t length,
  uint32_t encoding, CgStop stop, void *stop_context, CgTree *tree
) {
  CgArena *const outer = cg_current;
  TSParser *volatile parser = NULL;
  volatile int status = CG_OK;
  cg_reset(arena);
  cg_current = arena;
  memset(tree, 0, sizeof(*tree));
  if (setjmp(arena->exhausted)) {
    /* The arena is full. Its content is garbage, except that the scanner's state, which the
     * grammar allocated elsewhere, must be given back. */
    memset(tree, 0, sizeof(*tree));
    status = CG_MEMORY;
    if (parser) {
      TSParser *dead = parser;
      const TSLanguage *language = grammar->language;
      if (dead->external_scanner_payload && language->external_scanner.destroy) {
        language->external_scanner.destroy(dead->external_scanner_payload);
      }
    }
  } else {
    parser = ts_parser_new();
    parser->lexer.data.advance = cg_advance;
    parser->lexer.data.mark_end = cg_mark_end;
    if (!ts_parser_set_language(parser, grammar->language)) {
      status = CG_LANGUAGE;
    } else {
      CgSource text = {source, length, parser};
      CgProgress progress = {stop, stop_context};
      TSInput input = {&text, cg_read, (TSInputEncoding)encoding, NULL};
      TSParseOptions options = {&progress, stop ? cg_progress : NULL};
      TSTree *result = ts_parser_parse_with_options(parser, NULL, input, options);
      if (result) {
        uint64_t parsed = cg_thread_ns();
        cg_flatten(grammar, result->root, tree);
        if (grammar->more_actions) {
          CgGrammar other = *grammar;
          CgTree more = {0};
          other.actions = grammar->more_actions;
          cg_flatten(&other, result->root, &more);
          tree->more_records = more.records;
          tree->more_record_count = more.record_count;
        }
        tree->flatten_ns = cg_thread_ns() - parsed;
      } else {
        status = CG_CANCELLED;
      }
    }
    ts_parser_delete(parser);
  }
  tree->arena_bytes = arena->held_bytes;
  cg_current = outer;
  return status;
}
