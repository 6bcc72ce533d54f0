"""Why a run failed, and what changed from one to another. Pure functions over the model."""
