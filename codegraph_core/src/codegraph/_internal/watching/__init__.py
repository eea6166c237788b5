"""Watching a tree: notices of the system say when to look, and the indexer says what changed.

A notice is never believed: it only makes a run begin, and a run compares the whole tree with the snapshot. So a notice
that was lost costs time until the next periodic look, and never a row.
"""
