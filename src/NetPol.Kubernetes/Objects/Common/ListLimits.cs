using NetPol.Kubernetes.Reading;

namespace NetPol.Kubernetes.Objects.Common;

/// <summary>How many items the API takes. More are an error, and count all the same.</summary>
internal static class ListLimits
{
    public static void Check(Field list, int count, int most, int least = 1)
    {
        if (count < least)
            list.Error("too-few", $"the list is empty: write at least {least}, or leave the field out where it may be missing");
        else if (count > most)
            list.HarmlessError("too-many", $"there are {count} items, and the API takes {most} at most: split them");
    }
}
