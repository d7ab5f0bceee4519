"""Packages, so that helpers of the same folder name under unit/ and integration/ are not taken for each other."""
