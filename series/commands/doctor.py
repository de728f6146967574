"""`series doctor`: what of this package can run on this machine, and the commands that bring the rest."""

from __future__ import annotations

from series.commands.options import ModelsFolder, console_on, reader_may_leave

_EXTRAS = {
    "light": ("openvino",),
    "face": ("insightface", "onnxruntime"),
    "clip": ("open_clip", "torch", "onnx", "onnxruntime"),
}
"""Extra → the packages that it brings for encoders."""


def doctor(models: ModelsFolder = None) -> None:
    """Say which encoders can run here, which models are on disk, and what `--encoder auto` would take."""
    import cv2

    from consistency import EncoderNeeds, choose_encoders, model_folder, on_hand
    from series.report.sentences import picked_lines

    here = on_hand(models)
    lines = [f"opencv {cv2.__version__} loads"]
    for extra, packages in _EXTRAS.items():
        missing = [package for package in packages if package not in here.libraries]
        way = f'not installed: pip install "series-consistency[{extra}]"'
        lines.append(f"extra {extra}: {way if missing else 'installed'}")
    lines.append(f"models in {model_folder(models)}: {', '.join(sorted(here.models)) or 'none'}")
    for words, photographed in (("drawn", False), ("photographed", True)):
        needs = EncoderNeeds(photographed=photographed, drawn=not photographed)
        lines.append(f"auto, {words}, commercial use:")
        lines += [f"  {line}" for line in picked_lines(choose_encoders(needs, here))]
    console = console_on(stderr=False)
    with reader_may_leave():
        for line in lines:
            console.print(line, markup=False, soft_wrap=True)
