"""The saga and its recovery on moto's own interpreter: trials, and what became of them here and there."""
