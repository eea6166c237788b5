"""The names in every folder, as a snapshot keeps them."""

from __future__ import annotations

from codegraph._internal.indexing.tree import Tree, encode_tree

LISTING = [
    (b"", [b"src", b"README", b"caf\xe9", b"back\\slash"]),
    (b"src/", [b"b.py", b"a.py", b"new\nline", b"empty"]),
    (b"src/empty/", []),
]


def test_names_come_back_as_path_texts() -> None:
    tree = Tree(encode_tree(LISTING))
    assert tree.names("") == {"src", "README", "caf\\xe9", "back\\\\slash"}
    assert tree.names("src") == {"a.py", "b.py", "new\nline", "empty"}
    assert tree.names("src/empty") == set()
    assert tree.names("none") is None


def test_the_order_of_the_file_system_does_not_matter_and_a_tree_is_kept_as_it_was() -> None:
    shuffled = [(folder, names[::-1]) for folder, names in LISTING[::-1]]
    assert encode_tree(shuffled) == encode_tree(LISTING) == Tree(encode_tree(LISTING)).encode()


def test_files_come_with_their_folders_and_go_without() -> None:
    tree = Tree(None)
    tree.add("a/b/c.py")
    tree.add("d.py")
    assert (tree.names(""), tree.names("a"), tree.names("a/b")) == ({"a", "d.py"}, {"b"}, {"c.py"})
    tree.remove("a/b/c.py")
    tree.remove("none/x")
    assert (tree.names("a/b"), tree.names("none")) == (set(), None)
