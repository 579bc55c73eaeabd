"""Who may do what."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One kind of thing that not everybody may do. Looking at the pages, students masked, needs none."""

    REVIEW = "review"  # decide about texts, edit what a course says, write prompts
    IMPORT_CATALOG = "import_catalog"
    RUN = "run"  # start and stop jobs, store lists, measure
    SAVE_WEIGHTS = "save_weights"
    SEE_STUDENTS = "see_students"  # see the numbers of students, take their lists away; each time with a reason
    PUBLISH = "publish"  # decide which weights and lists are in force
    MANAGE_STUDENTS = "manage_students"  # import and delete them
    READ_LOG = "read_log"  # who looked at whose data, who deleted what, and why: reasons may say who a student is
    CONFIGURE = "configure"  # settings, models, addresses of model servers
    KEEP = "keep"  # backups, restoring, repairing


class Role(StrEnum):
    """What a person is here for; each role may do all that the one before it may."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"

    @property
    def permissions(self) -> frozenset[Permission]:
        """All that this role may do."""
        return _PERMISSIONS[self]


_REVIEWER = frozenset(
    {
        Permission.REVIEW,
        Permission.IMPORT_CATALOG,
        Permission.RUN,
        Permission.SAVE_WEIGHTS,
        Permission.SEE_STUDENTS,
    }
)
_PERMISSIONS = {
    Role.VIEWER: frozenset[Permission](),
    Role.REVIEWER: _REVIEWER,
    Role.ADMINISTRATOR: frozenset(Permission),
}


def lowest_role(permission: Permission) -> Role:
    """The first role that has a permission."""
    return next(role for role in Role if permission in role.permissions)
