using System.IO.Compression;
using System.Text;
using ImagePrediction.Tests.Support;
using static ImagePrediction.Tests.Contract.Hostile.Parts;

namespace ImagePrediction.Tests.Contract.Hostile;

/// <summary>Files that are a picture to one reader and something else to another.</summary>
internal static class Polyglots
{
    private const string Page = "<html><script>alert(document.domain)</script></html>";

    public static IEnumerable<HostileFile> All()
    {
        var (jpeg, png, gif) = (Photos.Jpeg(64, 48), Photos.Png(64, 48), Gif(64, 48, frames: 1));
        byte[] page = Encoding.ASCII.GetBytes(Page), pdf = Encoding.ASCII.GetBytes("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF");
        yield return new("JPEG, then ZIP", [.. jpeg, .. Zip(page)]);
        yield return new("JPEG, then HTML", [.. jpeg, .. page]);
        yield return new("JPEG with HTML in a comment", [.. jpeg[..2], 0xFF, 0xFE, 0, (byte)(page.Length + 2), .. page, .. jpeg[2..]]);
        yield return new("JPEG with PDF in a comment", [.. jpeg[..2], 0xFF, 0xFE, 0, (byte)(pdf.Length + 2), .. pdf, .. jpeg[2..]]);
        yield return new("GIF that is JavaScript", [.. "GIF89a/*"u8, .. gif[8..], .. "*/=1;alert(1)//"u8]);
        yield return new("GIF, then JavaScript", [.. gif, .. "=1;alert(1)"u8]);
        yield return new("PNG with PHP in a text chunk", [.. png[..33], .. Chunk("tEXt", [.. "Comment\0<?php system($_GET['c']); ?>"u8]), .. png[33..]]);
        yield return new("PNG, then GIF", [.. png, .. gif]);
        yield return new("PDF, then JPEG", [.. pdf, .. jpeg]);
        yield return new("ZIP, then JPEG", [.. Zip(page), .. jpeg]);
        yield return new("HTML, then PNG", [.. page, .. png]);
        yield return new("SVG that loads a file", [.. "<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>"u8]);
        yield return new("XML with a billion laughs", [.. "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>]><svg>&b;</svg>"u8]);
        yield return new("PostScript", [.. "%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) (r) file\n"u8]);
        yield return new("MVG", [.. "push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 'https://127.0.0.1/x.php'\npop graphic-context"u8]);
        yield return new("libvips' own format", [0xB6, 0xA6, 0xF2, 0x08, .. new byte[300]]);
        yield return new("PPM", [.. "P6 8 8 255\n"u8, .. new byte[192]]);
        yield return new("Radiance", [.. "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 8 +X 8\n"u8, .. new byte[256]]);
        yield return new("OpenEXR", [0x76, 0x2F, 0x31, 0x01, .. new byte[200]]);
        yield return new("film with the brand of AVIF", [.. Big(24), .. "ftypavif"u8, .. Big(0), .. "avifmif1"u8, .. Big(8), .. "moov"u8]);
        yield return new("HEIC that says it is AVIF", [.. Big(24), .. "ftypheic"u8, .. Big(0), .. "avifmif1"u8, .. new byte[400]]);
        yield return new("camera raw that is a TIFF", [.. "II*\0"u8, .. Little(8), .. "CR"u8, .. new byte[200]]);
        yield return new("nothing but zeros", new byte[5000]);
        yield return new("one byte", [0xFF]);
    }

    private static byte[] Zip(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = zip.CreateEntry("../../index.html").Open())
            entry.Write(content);
        return stream.ToArray();
    }
}
