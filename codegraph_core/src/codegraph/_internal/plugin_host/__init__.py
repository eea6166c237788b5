"""The plugin host: finds plugins, checks them, calls their hooks one by one, and keeps their failures apart."""

from codegraph._internal.plugin_host.calls import DEFAULT_DEADLINE_S, call_with_deadline
from codegraph._internal.plugin_host.host import ENTRY_POINT_GROUP, PluginHost
from codegraph._internal.plugin_host.records import PluginRecord

__all__ = ["DEFAULT_DEADLINE_S", "ENTRY_POINT_GROUP", "PluginHost", "PluginRecord", "call_with_deadline"]
