//! The QR code of a key, drawn as SVG: dark on light in every colour scheme, because cameras want it so.

use std::fmt::Write as _;

use kernel::Error;
use qrcode::{Color, EcLevel, QrCode};

/// Modules of light around the code (ISO/IEC 18004).
const MARGIN: usize = 4;

/// The drawing, with `label` for those who do not see it. Without a label it stands alone, as a file.
pub fn svg(text: &str, label: &str) -> Result<String, Error> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| Error::internal(error.to_string()))?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|color| **color == Color::Dark).count();
            if run > 0 {
                let (from, line) = (x + MARGIN, y + MARGIN);
                // Writing into a String cannot fail.
                let _ = write!(path, "M{from} {line}h{run}v1h-{run}z");
            }
            x += run.max(1);
        }
    }
    let size = width + 2 * MARGIN;
    let name = if label.is_empty() {
        "xmlns=\"http://www.w3.org/2000/svg\"".to_owned()
    } else {
        format!("class=\"qr\" role=\"img\" aria-label=\"{}\"", escaped(label))
    };
    Ok(format!(
        "<svg {name} viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
