"""The page: TypeScript sources beside this file, and the bundle built from them in ``static``; no formula of the model is in it."""
