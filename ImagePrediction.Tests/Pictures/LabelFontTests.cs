using System.Runtime.InteropServices;
using ImagePrediction.Api.Pictures;

namespace ImagePrediction.Tests.Pictures;

public sealed partial class LabelFontTests
{
    /// <summary>A machine without fonts, or with others, must not show in the picture, nor in what is written to standard error.</summary>
    [Fact]
    public void LabelsAreDrawnWithTheShippedFontAndNoneOfTheMachines()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Native environment variables are read by libc here.");
        using var mask = LabelFont.Draw("dog 0.97", 24);
        Assert.InRange(mask.Width, 113, 117);
        Assert.InRange(mask.Height, 23, 25);
        Assert.Equal(1, mask.Bands);

        var configuration = Marshal.PtrToStringUTF8(GetVariable("FONTCONFIG_FILE"))!;
        Assert.True(File.Exists(configuration));
        Assert.DoesNotContain("<dir>", File.ReadAllText(configuration), StringComparison.Ordinal);
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetVariable(string name);
}
