#!/bin/sh
# The role the application signs in with; its rights come with the migrations, which the owner runs.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$SUIFANG_APP_PASSWORD" -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
create role suifang_app login password :'password';
SQL
