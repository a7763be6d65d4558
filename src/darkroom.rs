//! Where a picture that somebody took becomes one that is safe to keep and to show.
//!
//! It is read, turned upright, made smaller and written anew: of the file that came nothing is left,
//! neither where and with what it was taken nor what may hang behind it.

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Cursor;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What a telephone's camera makes, where no script makes it smaller before. In bytes.
pub const LARGEST_FILE: usize = 8 * 1024 * 1024;
/// Telephones make some 12 million points. A file of a few bytes may claim any number.
const MOST_POINTS: u64 = 20_000_000;
/// What reading one may take at once, in bytes: all points in three colours of one byte, twice.
const MOST_MEMORY: u64 = 6 * MOST_POINTS;
/// Of the picture that is kept. The database says the same.
const LONGEST_SIDE: u32 = 1280;
const QUALITY: u8 = 80;

/// Each takes a core for a moment and up to `MOST_MEMORY`: so many at once in the whole process.
static TURNS: Semaphore = Semaphore::const_new(2);
const PATIENCE: Duration = Duration::from_secs(10);

/// A picture as we keep it: a JPEG that we have written.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo {
    pub jpeg: Vec<u8>,
    /// Of the JPEG, in hexadecimal figures.
    pub sha256: String,
    pub width: i32,
    pub height: i32,
}

impl std::fmt::Debug for Photo {
    /// Without what it shows.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Photo({} × {}, {})", self.width, self.height, self.sha256)
    }
}

/// Why a file does not become a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// More than [`LARGEST_FILE`].
    TooLarge,
    /// None of the kinds that we read, or broken.
    NoPicture,
    TooManyPoints,
}

impl Unfit {
    /// What is wrong with it, and what to do.
    pub const fn words(self) -> &'static str {
        match self {
            Self::TooLarge => {
                "This picture is larger than 8 MB. Nothing is lost: take it with a smaller size and send it again."
            }
            Self::NoPicture => {
                "This file is no picture that can be read (JPEG, PNG or WebP). Nothing is lost: take the picture again."
            }
            Self::TooManyPoints => {
                "This picture has more than 20 megapixels. Nothing is lost: take it with a smaller size and send it again."
            }
        }
    }
}

/// No turn came in time.
#[derive(Debug)]
pub struct Crowded;

/// Makes one of ours of what came, on a thread where nobody else waits and with no database
/// connection in hand.
///
/// # Errors
/// `Crowded` when no turn comes within ten seconds; inside it, why it does not become a picture.
pub async fn develop(file: Vec<u8>) -> Result<Result<Photo, Unfit>, Crowded> {
    let turn = tokio::time::timeout(PATIENCE, TURNS.acquire()).await;
    let Ok(Ok(turn)) = turn else { return Err(Crowded) };
    let developed = tokio::task::spawn_blocking(move || {
        // Held to the end of the work, even if nobody waits for it any more.
        let _turn = turn;
        develop_here(&file)
    });
    // Whatever a reader of pictures breaks off at is no picture.
    Ok(developed.await.unwrap_or(Err(Unfit::NoPicture)))
}

fn develop_here(file: &[u8]) -> Result<Photo, Unfit> {
    if file.len() > LARGEST_FILE {
        return Err(Unfit::TooLarge);
    }
    if is_torn(file) {
        return Err(Unfit::NoPicture);
    }
    let upright = read(file)?;
    let (width, height) = (upright.width(), upright.height());
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&upright.into_rgb8())
        .map_err(|_| Unfit::NoPicture)?;
    let side = |points: u32| i32::try_from(points).map_err(|_| Unfit::TooManyPoints);
    Ok(Photo { sha256: hex(&Sha256::digest(&jpeg)), width: side(width)?, height: side(height)?, jpeg })
}

/// How large it is stands at a file's beginning: it is looked at before anything is unpacked.
fn read(file: &[u8]) -> Result<DynamicImage, Unfit> {
    let mut reader =
        ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(|_| Unfit::NoPicture)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| unfit(&e))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_POINTS {
        return Err(Unfit::TooManyPoints);
    }
    let orientation = decoder.orientation().map_err(|e| unfit(&e))?;
    let whole = DynamicImage::from_decoder(decoder).map_err(|e| unfit(&e))?;
    let mut small =
        if width.max(height) > LONGEST_SIDE { whole.thumbnail(LONGEST_SIDE, LONGEST_SIDE) } else { whole };
    small.apply_orientation(orientation);
    Ok(small)
}

/// Whether a JPEG has no end. Its reader would make the missing part grey; those of the other kinds refuse.
fn is_torn(file: &[u8]) -> bool {
    const BEGINNING: &[u8] = &[0xff, 0xd8];
    const POINTS: u8 = 0xda;
    const END: &[u8] = &[0xff, 0xd9];
    let Some(mut rest) = file.strip_prefix(BEGINNING) else { return false };
    // What stands before the points may hold a small picture, with an end of its own.
    while let [0xff, mark, high, low, ..] = rest {
        if *mark == POINTS {
            return !rest.windows(END.len()).any(|two| two == END);
        }
        if *mark == 0xff {
            // Parts may be filled up.
            rest = &rest[1..];
            continue;
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        rest = rest.get(2 + length..).unwrap_or_default();
    }
    true
}

fn unfit(e: &ImageError) -> Unfit {
    match e {
        ImageError::Limits(_) => Unfit::TooManyPoints,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::Unsupported(_)
        | ImageError::IoError(_) => Unfit::NoPicture,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, Rgb, RgbImage};

    /// Red at the left, blue at the right.
    fn two_halves(width: u32, height: u32) -> DynamicImage {
        let half = |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) };
        RgbImage::from_fn(width, height, half).into()
    }

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, format).expect("a file");
        file.into_inner()
    }

    /// A JPEG that says "taken with the camera on its side", as telephones do.
    fn on_its_side(jpeg: &[u8]) -> Vec<u8> {
        let tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let length = u16::try_from(2 + 6 + tiff.len()).expect("short").to_be_bytes();
        [&jpeg[..2], b"\xff\xe1", &length, b"Exif\0\0", tiff, &jpeg[2..]].concat()
    }

    fn points(photo: &Photo) -> RgbImage {
        image::load_from_memory(&photo.jpeg).expect("a picture").into_rgb8()
    }

    #[actix_web::test]
    async fn every_kind_becomes_one_small_jpeg() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let photo =
                develop(file(&two_halves(1600, 800), format)).await.expect("a turn").expect("a picture");
            assert_eq!((photo.width, photo.height), (1280, 640), "{format:?}");
            assert!(photo.jpeg.starts_with(b"\xff\xd8\xff"), "{format:?}");
            let left = points(&photo).get_pixel(20, 300).0;
            assert!(left[0] > 180 && left[2] < 80, "{format:?}: {left:?}");
        }
    }

    #[test]
    fn it_is_turned_upright_before_the_word_of_it_is_lost() {
        let lying = on_its_side(&file(&two_halves(400, 200), ImageFormat::Jpeg));
        let photo = develop_here(&lying).expect("a picture");
        assert_eq!((photo.width, photo.height), (200, 400));
        let (above, below) = (points(&photo).get_pixel(100, 20).0, points(&photo).get_pixel(100, 380).0);
        assert!(above[0] > 180 && below[2] > 180, "{above:?} {below:?}");
    }

    #[test]
    fn what_is_no_picture_is_none() {
        let jpeg = file(&two_halves(40, 40), ImageFormat::Jpeg);
        assert_eq!(develop_here(b"<html>door.jpg</html>"), Err(Unfit::NoPicture));
        assert_eq!(develop_here(&jpeg[..60]), Err(Unfit::NoPicture));
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let whole = file(&two_halves(400, 300), format);
            assert_eq!(develop_here(&whole[..whole.len() * 2 / 3]), Err(Unfit::NoPicture), "{format:?}");
        }
        assert_eq!(develop_here(b""), Err(Unfit::NoPicture));
        assert_eq!(develop_here(&vec![0xff; LARGEST_FILE + 1]), Err(Unfit::TooLarge));
    }

    /// A PNG of a few bytes that says it is so large.
    fn claims(width: u32, height: u32) -> Vec<u8> {
        let mut header = b"IHDR".to_vec();
        header.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
        header.extend([8, 2, 0, 0, 0]);
        let sum = crc32fast::hash(&header).to_be_bytes();
        [b"\x89PNG\r\n\x1a\n\0\0\0\x0d".as_slice(), &header, &sum, b"\0\0\0\0IDAT", &[0x35, 0xaf, 6, 0x1e]]
            .concat()
    }

    #[test]
    fn a_bomb_is_known_by_what_it_claims() {
        assert_eq!(develop_here(&claims(60_000, 60_000)), Err(Unfit::TooManyPoints));
        assert_eq!(develop_here(&claims(5_000, 5_000)), Err(Unfit::TooManyPoints));
    }
}
