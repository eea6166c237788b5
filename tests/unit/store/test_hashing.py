"""Keys equal xxh3_64 of the text for every shape of column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import xxhash

from codegraph._internal.store.hashing import DictionaryKeys, column_keys, content_stamps, text_key, text_keys

TEXTS = ["", "a", "pkg.mod.f@py", "naïve.ünï@py", "x" * 300]


def expected(texts: list[str | None]) -> list[int]:
    return [xxhash.xxh3_64_intdigest((text or "").encode()) for text in texts]


def test_column_keys_are_those_of_the_texts_also_in_slices() -> None:
    column = pa.array(TEXTS)
    assert column_keys(column).tolist() == expected(TEXTS)
    assert column_keys(column.slice(2, 2)).tolist() == expected(TEXTS[2:4])
    assert column_keys(pa.array([], pa.string())).tolist() == []
    assert column_keys(pa.array([None, "a"], pa.string())).tolist() == expected([None, "a"])
    assert text_keys(TEXTS).tolist() == expected(TEXTS)
    assert text_key("pkg") == xxhash.xxh3_64_intdigest(b"pkg")


@pytest.mark.parametrize("values", [["b", "a", "b"], ["a", None, "b"], [None, None], []])
def test_dictionary_rows_have_the_keys_of_their_values(values: list[str | None]) -> None:
    plain = pa.array(values, pa.string())
    assert DictionaryKeys().rows(plain.dictionary_encode()).tolist() == expected(values)
    assert DictionaryKeys().rows(plain).tolist() == expected(values)


def test_a_shared_dictionary_is_hashed_once() -> None:
    keys = DictionaryKeys()
    dictionary = pa.array(["a", "b"])
    assert keys.of(dictionary) is keys.of(dictionary)
    for number in range(10):
        keys.of(pa.array([str(number)]))
    assert keys.of(dictionary).tolist() == expected(["a", "b"])


def test_content_stamps_depend_on_the_text_alone() -> None:
    hashes = [xxhash.xxh3_128_hexdigest(bytes([n])) for n in range(200)]
    column = pa.array([None, "short", *hashes, "y" * 64])
    stamps = content_stamps(column)
    assert stamps[0] == 0
    assert len(set(stamps.tolist())) == len(column)
    assert content_stamps(column.slice(5, 50)).tolist() == stamps[5:55].tolist()
    assert content_stamps(column.dictionary_encode()).tolist() == stamps.tolist()
    assert content_stamps(pa.array(hashes)).tolist() == stamps[2:-1].tolist()
    assert content_stamps(pa.nulls(3, pa.string())).tolist() == [0, 0, 0]
    assert np.asarray(content_stamps(pa.array(["a" * 31 + "b"]))) != content_stamps(pa.array(["b" + "a" * 31]))
