"""Auth owns accounts, passwords, roles, and the sessions and tokens by which people prove who they are."""
