using System.Runtime.InteropServices;

namespace ImagePrediction.Tests.Support;

/// <summary>
/// A folder that is out of reach until this is disposed: it and a file change names, in one step, so that whoever makes
/// folders that are missing has no moment to make this one.
/// </summary>
internal sealed partial class FolderAway : IAsyncDisposable
{
    private const int WorkingDirectory = -100; // AT_FDCWD
    private const uint Exchange = 2; // RENAME_EXCHANGE

    private readonly string _folder;

    public FolderAway(string folder)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux exchanges two names in one step.");
        _folder = folder;
        File.Create(Elsewhere).Dispose();
        ChangeNames();
    }

    private string Elsewhere => $"{_folder}.away";

    public ValueTask DisposeAsync()
    {
        ChangeNames();
        File.Delete(Elsewhere);
        return ValueTask.CompletedTask;
    }

    private void ChangeNames() => Assert.True(RenameAt(WorkingDirectory, _folder, WorkingDirectory, Elsewhere, Exchange) == 0, Marshal.GetLastPInvokeErrorMessage());

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int RenameAt(int fromFolder, string from, int toFolder, string to, uint flags);
}
