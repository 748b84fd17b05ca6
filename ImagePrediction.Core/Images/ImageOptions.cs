using System.ComponentModel.DataAnnotations;

namespace ImagePrediction.Images;

/// <summary>Where images are stored: configuration section <c>Images</c>, the same for API and workers.</summary>
public sealed class ImageOptions
{
    /// <summary>The folder of the image store. Default <c>.data/images</c> below the working directory.</summary>
    [Required]
    public string Folder { get; set; } = Path.Combine(".data", "images");
}
