"""Trained networks that answer: loading, serving, image files in, detecting anomalies, export."""
