
>
inputPlaceholder*
dtype0*
shape:
©
filterConst*
dtype0*Š
value€B~"lóùÇ=ùÉN¾ìÂºTÄJ>†\Û½0?uó>¡¤½p>†ë¶¾Iü>ˆ’†?zC†>´ç>'(?ØS
¿ZÖŒ>ŞdÛ¾Î¿â›S¾
Ú<¾)í=‘™?sÜ®>:P(¿éõ^¾Z×Ó¾
L
opConv2Dinputfilter*
T0*
paddingSAME*
strides
