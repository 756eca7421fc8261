"""The estimator against measurements: reading rows, scoring them, fitting efficiencies to a declared part of them."""
