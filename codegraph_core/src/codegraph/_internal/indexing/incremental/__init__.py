"""Incremental runs: what changed on the disk, whose rows may be others, and a commit of those rows alone.

`tree.py` finds what changed, `base.py` reads the snapshot that the run starts from, `outputs.py` notes what stages
gave, `producers.py` runs them, `engine.py` has the order of the steps. Whatever cannot be told for sure raises
`FullRunNeeded`, and everything is built.
"""
