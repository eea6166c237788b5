"""Members of values: which type an expression has, where the languages declare types, and what a member of it is.

The link engine knows the types that names are declared with. What needs more (a value that a call gave, an element, a
lambda's parameter, a type's arguments) is written down by place for each file (`expressions.py`, one module for each
language) and worked out when every name of the repository is known (`solver.py`). Nothing is guessed: where a type is
not known, nor is its member.
"""
