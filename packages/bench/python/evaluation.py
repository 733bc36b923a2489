"""Runs an evaluation of GradBench: `evaluation.py NAME [options of its own]`, with its package on the path."""

import runpy
import sys

import pydantic

# Debian's pydantic is of version 1, where this has another name.
if not hasattr(pydantic.BaseModel, "model_validate"):
    pydantic.BaseModel.model_validate = classmethod(lambda cls, value: cls.parse_obj(value))

name = sys.argv.pop(1)
runpy.run_module(f"gradbench.evals.{name}.run", run_name="__main__", alter_sys=True)
