using System.Text;
using ImagePrediction.Decoding;

namespace ImagePrediction.Tests.Detection;

public sealed class ImageFormatTests
{
    [Theory]
    [InlineData(".jpg", "image/jpeg")]
    [InlineData(".png", "image/png")]
    [InlineData(".webp", "image/webp")]
    [InlineData(".gif", "image/gif")]
    [InlineData(".tif", "image/tiff")]
    [InlineData(".tif[bigtiff]", "image/tiff")]
    [InlineData(".avif", "image/avif")]
    public void AcceptedFormatsAreToldByTheirFirstBytes(string suffix, string mediaType)
    {
        var format = ImageFormat.Sniff(TestPictures.Encode(TestPictures.Ramp(32, 24), 32, 24, suffix));
        Assert.Equal(mediaType, format?.MediaType);
        Assert.True(format?.Accepted);
    }

    [Theory]
    [InlineData("0000001866747970686569630000000068656963", "HEIC")]
    [InlineData("00000018667479706D69663100000000686569636D696631", "HEIC")]
    [InlineData("FF0AFA1F", "JPEG XL")]
    [InlineData("0000000C4A584C200D0A870A", "JPEG XL")]
    [InlineData("0000000C6A5020200D0A870A", "JPEG 2000")]
    [InlineData("424D46000000", "BMP")]
    [InlineData("255044462D312E37", "PDF")]
    [InlineData("49492A00100000004352", "camera raw")]
    [InlineData("000000186674797069736F6D0000020069736F6D", "video")]
    [InlineData("504B0304", "ZIP")]
    public void KnownButRefusedFormatsAreNamed(string hex, string name)
    {
        var format = ImageFormat.Sniff(Convert.FromHexString(hex));
        Assert.Equal(name, format?.Name);
        Assert.False(format?.Accepted);
    }

    [Theory]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>")]
    [InlineData("<?xml version='1.0'?>\n<!-- a drawing -->\n<svg width='1'/>")]
    public void SvgIsNamedAndRefused(string text) =>
        Assert.Equal(ImageFormat.Svg, ImageFormat.Sniff(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void AvifIsFoundAmongTheCompatibleBrands() =>
        Assert.Equal(ImageFormat.Avif, ImageFormat.Sniff(Convert.FromHexString("0000001C667479706D696631000000006D69663161766966")));

    [Fact]
    public void NothingIsMadeOfTextEmptinessOrFragments()
    {
        Assert.Null(ImageFormat.Sniff([]));
        Assert.Null(ImageFormat.Sniff("hello"u8));
        Assert.Null(ImageFormat.Sniff([0xFF, 0xD8]));
        for (var seed = 0; seed < 200; seed++)
        {
            var bytes = new byte[seed];
            new Random(seed).NextBytes(bytes);
            if (bytes.Length > 0)
                bytes[0] = 0x7F;
            Assert.Null(ImageFormat.Sniff(bytes));
        }
    }
}
