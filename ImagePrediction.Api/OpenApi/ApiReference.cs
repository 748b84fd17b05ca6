using Scalar.AspNetCore;

namespace ImagePrediction.Api.OpenApi;

/// <summary>The interactive reference at <c>/docs</c>: everything it shows comes from this server.</summary>
internal static class ApiReference
{
    public static void Configure(ScalarOptions options)
    {
        options.Title = "ImagePrediction";
        options.DefaultFonts = false;
    }
}
