"""Papers of a parcel: the label that is stuck on it and the slip that goes into it, as PDF."""

from typing import TYPE_CHECKING

from text_unidecode import unidecode

from shipping.logic.shipments import read
from shipping.model.shipments import carried
from shipping.store import shipments as store
from shop.auth import Caller
from shop.errors import conflict
from shop.records import Json

if TYPE_CHECKING:
    from fpdf import FPDF

LABEL = (100, 150)  # millimetres, the label printers' 4 x 6 inches
ADDRESS = ("full_name", "address_line1", "address_line2")


def label(shipment_id: str, caller: Caller) -> bytes:
    """The address, and the tracking number as text and bar code; 409 while there is none."""
    shipment = read(shipment_id, caller)
    if shipment.tracking_number is None:
        raise conflict("not_booked", "This parcel has no tracking number yet")
    pdf = _page(LABEL, 11)
    _lines(pdf, [f"{shipment.carrier.upper()}   {shipment.weight / 1000:g} kg", ""])
    _lines(pdf, _address(shipment.origin_address), 9)
    _lines(pdf, ["", *_address(shipment.destination_address), ""], 15)
    pdf.code39(f"*{_plain(shipment.tracking_number).upper().replace('_', '-')}*", x=8, y=112, w=0.6, h=18)
    pdf.set_y(132)
    _lines(pdf, [shipment.tracking_number])
    return bytes(pdf.output())


def packing_slip(shipment_id: str, caller: Caller) -> bytes:
    """What is in the parcel."""
    shipment = read(shipment_id, caller)
    order, _ = store.sold(shipment.order_id)
    pdf = _page("A4", 11)
    _lines(pdf, [f"Order {order.order_number if order else shipment.order_id}"], 16)
    _lines(pdf, ["", *_address(shipment.destination_address), ""])
    with pdf.table(col_widths=(25, 60, 15), text_align=("LEFT", "LEFT", "RIGHT")) as table:
        table.row(["SKU", "Item", "Quantity"])
        for line, quantity in carried(order, shipment.items) if order else []:
            table.row([_plain(line.product_sku), _plain(line.product_name), str(quantity)])
    return bytes(pdf.output())


def _page(size: str | tuple[int, int], points: int) -> "FPDF":
    from fpdf import FPDF

    pdf = FPDF(format=size)
    pdf.set_margin(8)
    pdf.set_auto_page_break(size == "A4", 8)
    pdf.set_font("Helvetica", size=points)
    pdf.add_page()
    return pdf


def _lines(pdf: "FPDF", lines: list[str], points: int = 11) -> None:
    pdf.set_font_size(points)
    for line in lines:
        pdf.multi_cell(0, points / 2.2, _plain(line), new_x="LMARGIN", new_y="NEXT")


def _address(address: Json | None) -> list[str]:
    if not address:
        return []
    town = " ".join(str(address[name]) for name in ("postal_code", "city", "state") if address.get(name))
    lines = [*(address.get(name) for name in ADDRESS), town, address.get("country")]
    return [str(line) for line in lines if line]


def _plain(text: str) -> str:
    """In Latin letters: what the fonts of every PDF reader have, and what the post of every country reads."""
    try:
        return text.encode("latin-1").decode("latin-1")
    except UnicodeEncodeError:
        return str(unidecode(text))
