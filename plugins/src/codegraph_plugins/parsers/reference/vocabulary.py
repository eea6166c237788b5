"""Roles and uses as names of their own.

A member looked up on its enum class takes 80 ns, a module's name 5; the walk compares millions of them.
"""

from __future__ import annotations

from typing import Final

from codegraph_hookspecs import FieldUse, Role

ROLE_NONE: Final = Role.NONE
ROLE_DEFINITION: Final = Role.DEFINITION
ROLE_BINDER: Final = Role.BINDER
ROLE_IDENTIFIER: Final = Role.IDENTIFIER
ROLE_DOTTED: Final = Role.DOTTED
ROLE_MEMBER: Final = Role.MEMBER
ROLE_CALL: Final = Role.CALL
ROLE_ARGUMENTS: Final = Role.ARGUMENTS
ROLE_IMPORT: Final = Role.IMPORT
ROLE_EXPORT: Final = Role.EXPORT
ROLE_DECORATOR: Final = Role.DECORATOR
ROLE_WRAPPER: Final = Role.WRAPPER
ROLE_SCOPE: Final = Role.SCOPE
ROLE_OUTER_NAMES: Final = Role.OUTER_NAMES
ROLE_RECEIVER: Final = Role.RECEIVER
ROLE_SUPER: Final = Role.SUPER
ROLE_YIELD: Final = Role.YIELD
ROLE_PACKAGE: Final = Role.PACKAGE
ROLE_COMMENT: Final = Role.COMMENT
ROLE_STRING: Final = Role.STRING
ROLE_SKIP: Final = Role.SKIP
ROLE_EXTENSION: Final = Role.EXTENSION
ROLE_ATTRIBUTE: Final = Role.ATTRIBUTE
ROLE_POSITIONS: Final = Role.POSITIONS

USE_EXPRESSION: Final = FieldUse.EXPRESSION
USE_SAME: Final = FieldUse.SAME
USE_SKIP: Final = FieldUse.SKIP
USE_KEY: Final = FieldUse.KEY
USE_RESULTS: Final = FieldUse.RESULTS
USE_OWNER: Final = FieldUse.OWNER
USE_NAME: Final = FieldUse.NAME
USE_ROW: Final = FieldUse.ROW
USE_BIND: Final = FieldUse.BIND
USE_ASSIGN: Final = FieldUse.ASSIGN
USE_VALUE: Final = FieldUse.VALUE
USE_TYPE: Final = FieldUse.TYPE
USE_DEFAULT: Final = FieldUse.DEFAULT
USE_PARAMETERS: Final = FieldUse.PARAMETERS
USE_RETURNS: Final = FieldUse.RETURNS
USE_BODY: Final = FieldUse.BODY
USE_BASES: Final = FieldUse.BASES
USE_IMPLEMENTS: Final = FieldUse.IMPLEMENTS
USE_OBJECT: Final = FieldUse.OBJECT
USE_PROPERTY: Final = FieldUse.PROPERTY
USE_CALLEE: Final = FieldUse.CALLEE
USE_ARGUMENTS: Final = FieldUse.ARGUMENTS
USE_COMPONENT: Final = FieldUse.COMPONENT
USE_MODULE: Final = FieldUse.MODULE
USE_ALIAS: Final = FieldUse.ALIAS
USE_MODIFIERS: Final = FieldUse.MODIFIERS
USE_EXTENDED: Final = FieldUse.EXTENDED
