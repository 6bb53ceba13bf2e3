"""Requests to image and video generators."""
