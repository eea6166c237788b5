"""Settings of the call graph: `[plugins.call-graph]`."""

from __future__ import annotations

from attrs import field, frozen, validators

from codegraph_hookspecs import REPOSITORY_SETTING, TIMING_SETTING


@frozen(kw_only=True)
class CallGraphSettings:
    """When calls are analysed.

    Args:
        lazy: After an edit that changes what flows in a file that stays, what was found is kept where the same code is
            still there, linking says what the rest calls, and the analysis waits until rows are refreshed.
    """

    lazy: bool = field(
        default=False,
        validator=validators.instance_of(bool),
        metadata={REPOSITORY_SETTING: True, TIMING_SETTING: True},
    )
