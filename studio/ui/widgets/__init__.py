"""Small controls that know nothing of Safelight's business."""
