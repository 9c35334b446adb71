namespace NetPol.Cli.Commands;

/// <summary>Runs commands whose exit code 1 is an answer.</summary>
internal static class Answer
{
    /// <summary>The answer; whatever keeps the command from giving one ends it with <see cref="ExitCode.Usage"/>, as with diff and kubectl diff.</summary>
    public static async Task<int> OfAsync(Func<Task<bool>> isThereSomething)
    {
        try
        {
            return await isThereSomething() ? ExitCode.Failure : ExitCode.Success;
        }
        catch (CommandException refusal) when (refusal.ExitCode == ExitCode.Failure)
        {
            throw new CommandException(refusal.Message);
        }
    }
}
