#!/bin/sh
# The role the application signs in with; its rights come with the migrations, which the owner runs.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
\getenv password SUIFANG_APP_PASSWORD
create role suifang_app login password :'password';
SQL
