
>
inputPlaceholder*
dtype0*
shape:
Ó
filterConst*
dtype0*´
valueªB§"Ä¿‘ìÿ¾—?œ>ÔÈ ¾o-^¾Ö	!½¿õi¾«Wæ¾hÓª¾¢õ>xÅR?-?È%]?Ø±>¶<ä¾ßª>o·i¾Ô >iSã<É§P¾Üá½m¼? ]À>’mö=œZ=<¡¼™ŸÎ>„÷!¾÷N$?Í>Ë=Lÿ¾¥pŞ>±3?¹!?ù†˜>õ>
[
opDepthwiseConv2dNativeinputfilter*
T0*
paddingSAME*
strides
