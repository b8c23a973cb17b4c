"""The embedded PostgreSQL and Valkey: where they live, how they start, who ends them."""
