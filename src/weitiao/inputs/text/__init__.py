"""Text → cleaned → words → ids: cleaning, segmentation, tokenization, augmentation."""
