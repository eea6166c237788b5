"""Settings: the typed configuration and the layers its values come from."""

from codegraph._internal.contracts.version import CONFIG_VERSION
from codegraph._internal.settings.config import IndexingConfig, config_schema
from codegraph._internal.settings.layers import Origin, Settings, load_settings

__all__ = ["CONFIG_VERSION", "IndexingConfig", "Origin", "Settings", "config_schema", "load_settings"]
