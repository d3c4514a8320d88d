#!/bin/sh
# rustc that looks with clippy's eyes while it compiles, so that checking and building are one pass: a wrapper for
# RUSTC_WORKSPACE_WRAPPER.
exec clippy-driver "$@" -D warnings
