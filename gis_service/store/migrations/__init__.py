"""The history of the schema, run by `gis_service.store.schema`."""
