"""The fictional sample town 临湖新城（示例）: a drawn plan and a seed go in, the files of data/boundaries come out."""

import os

os.environ["OPENPYXL_LXML"] = "False"  # openpyxl writes other bytes where lxml is installed
