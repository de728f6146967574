"""OpenCV, loaded once before everything else: where it cannot be loaded, the error says what to install.

opencv-python and opencv-python-headless write the same folder, and builds of the first need libGL, which a
machine without a screen may lack. insightface brings the first.
"""

_HEADLESS = "pip install --force-reinstall --no-deps opencv-python-headless"

try:
    import cv2  # noqa: F401 - loaded to see that it can be
except ImportError as error:
    if "libGL" in str(error):
        raise ImportError(
            f"OpenCV cannot be loaded ({error}). opencv-python needs libGL: install it (Debian, Ubuntu: "
            f"apt-get install libgl1), or do without: pip uninstall -y opencv-python && {_HEADLESS}"
        ) from error
    raise ImportError(f"OpenCV cannot be loaded ({error}): {_HEADLESS}") from error
