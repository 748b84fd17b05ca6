using System.Runtime.InteropServices;

namespace ImagePrediction;

/// <summary>The environment variables that native libraries see; on Unix they do not see those that .NET sets.</summary>
public static partial class NativeEnvironment
{
    /// <summary>Sets a variable, also over an older value.</summary>
    /// <exception cref="InvalidOperationException">It cannot be set.</exception>
    public static void Set(string name, string value)
    {
        if (OperatingSystem.IsWindows())
            Environment.SetEnvironmentVariable(name, value);
        else if (SetVariable(name, value, overwrite: 1) != 0)
            throw new InvalidOperationException($"Cannot set {name}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
