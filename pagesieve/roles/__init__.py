"""Roles: what every block is to the page, and why."""

from pagesieve.roles.model import ROLE_FILES, Evidence, RoleModel
from pagesieve.roles.role import ROLES, Assigned, Role, assign, without_model

__all__ = ["ROLES", "ROLE_FILES", "Assigned", "Evidence", "Role", "RoleModel", "assign", "without_model"]
