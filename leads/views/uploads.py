"""A file larger than any import takes is not kept on its way in: the form says so, and the disk stays free."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from leads.sheets import MAX_BYTES

NOTE = "leads.upload_too_large"


class CappedUpload(FileUploadHandler):
    """Comes first in ``FILE_UPLOAD_HANDLERS``: lets a file through to the others until it is too large."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if start + len(raw_data) > MAX_BYTES:
            if self.request is not None:
                self.request.META[NOTE] = True
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None


def is_too_large(request: HttpRequest) -> bool:
    """Whether a file of this request was dropped because of its size."""
    request.FILES  # noqa: B018  the body is read when it is asked for
    return bool(request.META.get(NOTE))
