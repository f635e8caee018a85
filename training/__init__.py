"""Labelled pages → aligned blocks → fitted model → report → a release."""
