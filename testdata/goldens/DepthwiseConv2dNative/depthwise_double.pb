
>
inputPlaceholder*
dtype0*
shape:
›
filterConst*
dtype0*ü
valueòBï"Ø¼Òi¡pÂ?Já¦ıcà¿ÑÆ-úÕ{Õ?%™œÍ â¿=V2ã«Ş¿	Î‹§{ià¿q™ñx¨¿×Ç©³—×?ø|ì°rå?é¶‘×jÇ¿ıç|0Î¿]eêº¤7ä¿£WGf\üÈ?JÓ­(bÌ¿èc,^Ëf»?gƒŸ2Æ¿ĞËrWİÙ¿—nc¡¼²¿ª$±‡ä&×¿º_j	l¨¿—·{Àé?¿	‹Ì‘–Æ?ù+OÉª¥·?\3B*?”œK4ä?@ŸD”ã‘¿G~ê°Î?
[
opDepthwiseConv2dNativeinputfilter*
T0*
paddingSAME*
strides
